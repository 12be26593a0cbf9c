"""Rules that decide anew, so that groups are treated more alike, judged on rows held out."""
