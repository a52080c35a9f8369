"""Pages for staff, and health for machines: plain HTML over the projections, every look and every answer logged."""
