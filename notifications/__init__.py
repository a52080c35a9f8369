"""To people: texts and what stands for them when they are not sent. The edge that decides at the moment of sending."""
