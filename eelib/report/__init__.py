"""Tables, figures and the site, from records only."""
