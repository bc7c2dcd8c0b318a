"""The rules: one formula per operation, read by both tiers."""
