"""Pages for staff, and health for machines: plain HTML over the projections, read only, every look logged."""
