// What PostgreSQL's refusals mean as Errors of storage.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

struct pg_conn;
struct pg_result;

namespace ashlar::storage {

// The five characters of SQLSTATE; empty when the error is libpq's own.
std::string_view sql_state(const pg_result* result);

// Only the primary message is used: the server's DETAIL may quote stored values.
base::Error postgres_error(const pg_result* result);

// The connection's last message on one line.
std::string postgres_message(const pg_conn* connection);

}  // namespace ashlar::storage
