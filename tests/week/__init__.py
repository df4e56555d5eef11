"""A week of operation at speed: arrivals, live sessions, outages, reloads, restarts, and what is left of it."""
