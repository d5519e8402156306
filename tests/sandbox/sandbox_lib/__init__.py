"""Real servers on the loopback interface for demo and tests: Kafka, Kafka Connect with an S3 sink, S3."""

from .process import SandboxError
from .sandbox import Sandbox

__all__ = ["Sandbox", "SandboxError"]
