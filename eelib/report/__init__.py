"""Tables, figures and the site, from records only: a room per folder of notebooks, and here what they share."""
