"""What every package uses: study, tables, manifest, storage, errors, countries, console."""
