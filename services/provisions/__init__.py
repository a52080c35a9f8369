"""The law: packs of dated, cited parameters over named shapes of duty, and the counting of days; pure."""
