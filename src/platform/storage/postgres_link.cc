#include "platform/storage/postgres_link.h"

#include <libpq-fe.h>

#include <array>
#include <memory>

#include "platform/storage/postgres_error.h"

namespace ashlar::storage {

void FinishPostgres::operator()(pg_conn* connection) const { PQfinish(connection); }

base::Result<PostgresLink> connect_postgres(const std::string& url, base::Seconds timeout) {
  const std::string seconds = std::to_string(timeout.count());
  const std::string noticed_ms = std::to_string(base::Millis(kDeadPeerNoticed).count());
  // What stands after `dbname` wins over the URL; application_name is only a fallback.
  const std::array<const char*, 9> keys{
      "fallback_application_name", "dbname",           "client_encoding",
      "connect_timeout",           "keepalives_idle",  "keepalives_interval",
      "keepalives_count",          "tcp_user_timeout", nullptr};
  const std::array<const char*, 9> values{
      "ashlar", url.c_str(), "UTF8", seconds.c_str(), "5", "3", "3", noticed_ms.c_str(), nullptr};
  PostgresLink link(PQconnectdbParams(keys.data(), values.data(), 1));
  if (PQstatus(link.get()) != CONNECTION_OK) {
    return base::fail(base::Code::kUnavailable, "storage_unavailable",
                      "PostgreSQL: " + postgres_message(link.get()));
  }
  // libpq's own way with the server's notices is to print them.
  PQsetNoticeProcessor(link.get(), [](void*, const char*) {}, nullptr);
  return link;
}

base::Status execute_postgres(pg_conn* connection, const std::string& script) {
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection, script.c_str()),
                                                              &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return base::ok_status();
  return postgres_error(result.get());
}

}  // namespace ashlar::storage
