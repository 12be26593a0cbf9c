"""The instrument: how often each verdict is right, on data whose truth is known."""
