"""Strangers' tables: what text a file holds, its header, its rows, one by one."""
