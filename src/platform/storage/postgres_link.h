// PostgresLink: a plain libpq connection, as the listener and the migrations use it and as
// PostgresConnection begins.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"

struct pg_conn;

namespace ashlar::storage {

inline constexpr base::Seconds kDeadPeerNoticed{14};

struct FinishPostgres {
  void operator()(pg_conn* connection) const;
};
using PostgresLink = std::unique_ptr<pg_conn, FinishPostgres>;

// `url`: postgres://user:password@host:port/database?… or libpq's "key=value …". Blocks for at most
// `timeout` for each address of the host. A dead peer is noticed
// within kDeadPeerNoticed: a silent link is probed after 5 s, every 3 s, three times.
// Errors: kUnavailable storage_unavailable; the detail never holds the password.
base::Result<PostgresLink> connect_postgres(const std::string& url, base::Seconds timeout);

// One or more statements without parameters or answers; blocks. REQUIRES: not in pipeline mode.
base::Status execute_postgres(pg_conn* connection, const std::string& script);

}  // namespace ashlar::storage
