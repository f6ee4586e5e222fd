"""How the service looks from outside: figures, logs, traces, alarms. Nothing a learner types is in any of them."""
