"""What must hold of counts before they are published."""
