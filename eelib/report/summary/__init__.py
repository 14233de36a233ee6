"""What the study found over all notebooks: findings, judged claims, the ledger, the headline."""
