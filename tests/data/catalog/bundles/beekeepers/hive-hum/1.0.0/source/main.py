"""Publishes the pitch of a hive."""

print("env.hive.pitch 220")
