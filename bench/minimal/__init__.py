"""The site with one page more: nothing on it but the banner, as the peers' pages are."""
