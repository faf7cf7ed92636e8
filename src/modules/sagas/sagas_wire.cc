// THE table of sagas.
#include <memory>
#include <utility>

#include "modules/sagas/sagas_api.h"
#include "modules/sagas/sagas_json.h"
#include "modules/sagas/sagas_module.h"
#include "platform/http/cursor.h"

namespace ashlar::sagas {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Idempotency;
using http::Method;
using http::Tenancy;

using Api = std::shared_ptr<const SagasApi>;

constexpr base::Millis kDeadline{10'000};

const ErrorDoc kNotFound{404, "saga_not_found",
                         "There is no such saga, or it is another tenant's."};
const ErrorDoc kEnded{409, "saga_ended", "The saga has ended."};
const ErrorDoc kUnknownStep{409, "saga_unknown_step",
                            "This program does not know the step that the saga stands at."};
const ErrorDoc kMoved{409, "saga_moved", "The saga has moved on meanwhile: look again."};

http::Route row(Method method, std::string_view path, std::string_view summary,
                http::Handler handler, const json::Shape& response) {
  const bool reads = method == Method::kGet;
  return {.method = method,
          .path = path,
          .summary = summary,
          .module = {"sagas"},
          .tenancy = Tenancy::kTenant,
          .scope = {reads ? "sagas:read" : "sagas:write"},
          .cost = reads ? 1 : 2,
          .idempotency = Idempotency::kNatural,
          .deadline = kDeadline,
          .handler = {std::move(handler)},
          .response = &response};
}

http::Route word(const Api& api, std::string_view path, std::string_view summary,
                 SagasApi::Word what, std::vector<ErrorDoc> errors) {
  http::Route route =
      row(Method::kPost, path, summary,
          http::TransactionHandler([api, what](Call& call, storage::Transaction& tx) {
            return api->tell(call, tx, what);
          }),
          saga_schema());
  route.errors = std::move(errors);
  return route;
}

}  // namespace

http::RouteTable sagas_routes(SagasModule& module, const http::CursorCodec& cursors) {
  const auto api = std::make_shared<const SagasApi>(module, cursors);
  http::RouteTable table;
  table.push_back(row(Method::kGet, "/v1/sagas", "List sagas, newest first.",
                      http::WorkerHandler([api](Call& call) { return api->list(call); }),
                      saga_page_schema()));
  table.back().query = {
      {"state", "Only those that are running, compensating, parked, completed or compensated.",
       "parked"},
      {"kind", "Only this kind.", "checkout"},
      {"correlation", "Only what is about this.", "order 17"}};
  table.back().errors = {{400, "invalid_cursor", "The cursor was not given out for this list."}};
  table.back().paged = true;
  table.push_back(row(Method::kGet, "/v1/sagas/{id}", "Get a saga with its data and timeline.",
                      http::WorkerHandler([api](Call& call) { return api->get(call); }),
                      whole_saga_schema()));
  table.back().errors = {kNotFound};
  table.push_back(word(api, "/v1/sagas/{id}/resume",
                       "Try the present step of a saga now, with all its attempts again.",
                       &Sagas::resume, {kNotFound, kEnded, kUnknownStep, kMoved}));
  table.push_back(word(api, "/v1/sagas/{id}/skip",
                       "Take the step that a saga is parked at as done, and go on.", &Sagas::skip,
                       {kNotFound,
                        kUnknownStep,
                        kMoved,
                        {409, "saga_not_parked", "Only a parked saga's step can be skipped."}}));
  table.push_back(word(
      api, "/v1/sagas/{id}/compensate", "Turn a saga back: take back what it has done.",
      &Sagas::compensate,
      {kNotFound,
       kEnded,
       kUnknownStep,
       kMoved,
       {409, "saga_compensating", "It goes back already."},
       {409, "saga_past_pivot", "It is past its point of no return."},
       {409, "saga_pivot_unknown", "The call that is its point of no return is on its way."}}));
  return table;
}

}  // namespace ashlar::sagas
