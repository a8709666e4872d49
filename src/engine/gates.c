/*
 * gates.c
 *	  Whom the splits of a flag are for while an experiment runs on it.
 *
 * Each gate hashes the unit of the split with a salt of its own, so that who
 * passes one says nothing of another, nor of the variation that follows.
 */
#include "engine/program.h"

/* The gates, and what is served to those whom they keep out. */
bool
FFCompileGates(FFCompiler *compiler)
{
	const FFFlagSource *source = compiler->source;
	FFProgram  *program = compiler->program;
	FFPath		root = {0};

	compiler->document = "experiment";
	if (source->gate_count == 0)
		return true;
	program->control = FFProgramFindVariation(program, source->control);
	if (program->control < 0)
		return FFRefuse(compiler, &root, FF_ERROR_REFERENCE,
						"unknown variation \"%.*s\"", FF_QUOTED(source->control));
	program->gates = FFAlloc((size_t) source->gate_count * sizeof(FFGate));
	for (int i = 0; i < source->gate_count; i++)
	{
		const FFGateSource *gate = &source->gates[i];

		program->gates[i] = (FFGate) {
			.kind = gate->kind, .key = FFStringCopy(gate->key),
			.prefix = FFSaltPrefix(gate->salt), .from = gate->from, .to = gate->to
		};
	}
	program->gate_count = source->gate_count;
	return true;
}

/* Whether a split is for this unit; gates after one that keeps it out are not asked. */
bool
FFGatesPass(const FFProgram *program, FFContext *context, const FFServe *serve,
			FFString key)
{
	bool		passes = true;

	if (!serve->random)
		return true;
	for (int i = 0; passes && i < program->gate_count; i++)
	{
		const FFGate *gate = &program->gates[i];
		int			bucket = FFBucketOf(gate->prefix, key);

		passes = bucket >= gate->from && bucket < gate->to;
		if (FF_UNLIKELY(context->trace != NULL))
			FFTraceGate(gate, context, serve, key, bucket, passes);
	}
	return passes;
}
