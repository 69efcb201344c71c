"""The adapters against those that people use now, on one server in one run, taking turns.

`pip install --target DIRECTORY 'aiobotocore[boto3]' obstore s3fs`, and DIRECTORY in PYTHONPATH, lets these take part.
"""
