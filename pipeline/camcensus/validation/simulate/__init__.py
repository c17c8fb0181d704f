"""A synthetic Internet with known truth, written as search-engine exports."""
