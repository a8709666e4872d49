SELECT property, cell, is_share::int, lower, upper, paths, total, squares FROM found ORDER BY i;
