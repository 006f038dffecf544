"""Campaigns that boxwise writes itself: the demo and the made-up shop."""
