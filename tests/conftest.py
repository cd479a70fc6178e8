from hypothesis import HealthCheck, settings

# Run as `pytest --hypothesis-profile=long tests/fuzz`: more than 100,000 inputs, in half an hour.
settings.register_profile(
    "long", max_examples=4000, deadline=None, suppress_health_check=list(HealthCheck)
)
