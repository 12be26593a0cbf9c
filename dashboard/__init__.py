"""The Streamlit dashboard: pages, widgets and figures over :mod:`core.api`."""
