def table(rows, facts, skipped):
    return "\n".join(f"{r.suite} {r.impl:14} {r.packing:12} {r.n}x{r.k} m={r.m} {r.threads}T {r.mode} {r.input}: {r.median_us:.1f} +- {r.iqr_us:.1f} limit {r.limit_us:.1f} {r.share:.2f} err {r.error}" for r in rows)
