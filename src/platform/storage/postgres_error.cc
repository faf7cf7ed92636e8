#include "platform/storage/postgres_error.h"

#include <libpq-fe.h>

#include <algorithm>
#include <utility>

namespace ashlar::storage {
namespace {

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

std::string_view sql_state(const pg_result* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return state == nullptr ? std::string_view{} : std::string_view{state};
}

base::Error postgres_error(const pg_result* result) {
  using base::Code;
  const std::string_view state = sql_state(result);
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  std::string detail = one_line(primary == nullptr ? PQresultErrorMessage(result) : primary);
  if (state == "40001" || state == "40P01") {
    return base::fail(Code::kConflict, "storage_conflict", std::move(detail));
  }
  if (state == "23505" || state == "23P01") {
    return base::fail(Code::kConflict, "storage_duplicate", std::move(detail));
  }
  if (state.starts_with("23")) {
    return base::fail(Code::kConflict, "storage_constraint", std::move(detail));
  }
  if (state == "57014") {
    return base::fail(Code::kDeadline, "storage_deadline", "the statement ran beyond its deadline");
  }
  if (state == "22021") return base::fail(Code::kInvalid, "storage_text", std::move(detail));
  if (state == "54000") return base::fail(Code::kInvalid, "storage_too_large", std::move(detail));
  if (state == "53100") {
    return base::fail(Code::kUnavailable, "storage_full", "PostgreSQL: " + detail);
  }
  // 08: connection; 53: disk, memory or connections used up; 57P: the server stops or starts.
  if (state.empty() || state.starts_with("08") || state.starts_with("53") ||
      state.starts_with("57P")) {
    return base::fail(Code::kUnavailable, "storage_unavailable", "PostgreSQL: " + detail);
  }
  return base::fail(Code::kInternal, "storage_error",
                    "PostgreSQL " + std::string(state) + ": " + detail);
}

std::string postgres_message(const pg_conn* connection) {
  return one_line(PQerrorMessage(connection));
}

}  // namespace ashlar::storage
