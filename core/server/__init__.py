"""The server's side: the job table and the workers."""
