"""From banners to devices, in SQL; decoys and churn."""
