"""What is known of a person, what a service provider may see of it, and by which name the person is known there."""
