#include "platform/twophase/session.h"

#include <libpq-fe.h>

#include <charconv>
#include <memory>
#include <vector>

#include "platform/storage/postgres_error.h"

namespace ashlar::twophase {
namespace {

using Answer = std::unique_ptr<PGresult, void (*)(PGresult*)>;

base::Result<Answer> send(pg_conn* connection, const std::string& sql,
                          std::initializer_list<Value> values) {
  std::vector<const char*> texts;
  texts.reserve(values.size());
  for (const Value& value : values) texts.push_back(value ? value->c_str() : nullptr);
  Answer answer(PQexecParams(connection, sql.c_str(), static_cast<int>(texts.size()), nullptr,
                             texts.data(), nullptr, nullptr, 0),
                &PQclear);
  const ExecStatusType status = PQresultStatus(answer.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return answer;
  return storage::postgres_error(answer.get());
}

}  // namespace

base::Result<std::int64_t> Session::execute(const std::string& sql,
                                            std::initializer_list<Value> values) {
  ASHLAR_ASSIGN(const Answer answer, send(connection_, sql, values));
  const std::string_view rows = PQcmdTuples(answer.get());
  std::int64_t count = 0;
  std::from_chars(rows.data(), rows.data() + rows.size(), count);
  return count;
}

base::Status Session::query(const std::string& sql, std::initializer_list<Value> values,
                            const RowSink& sink) {
  ASHLAR_ASSIGN(const Answer answer, send(connection_, sql, values));
  const int columns = PQnfields(answer.get());
  for (int row = 0; row < PQntuples(answer.get()); ++row) {
    sink([&](int column) -> std::optional<std::string_view> {
      if (column >= columns || PQgetisnull(answer.get(), row, column) == 1) return std::nullopt;
      return std::string_view(PQgetvalue(answer.get(), row, column),
                              static_cast<std::size_t>(PQgetlength(answer.get(), row, column)));
    });
  }
  return base::ok_status();
}

}  // namespace ashlar::twophase
