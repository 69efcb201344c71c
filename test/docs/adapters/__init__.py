"""The pages on asyncio, Django and FastAPI."""
