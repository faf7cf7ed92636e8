// What rows of the tables of payments have in common.
#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>

#include "platform/http/route.h"

namespace ashlar::json {
class Shape;
}

namespace ashlar::payments::rows {

extern const http::ErrorDoc kCurrency;
extern const http::ErrorDoc kNothing;
extern const http::ErrorDoc kProviderAway;
extern const http::ErrorDoc kBusy;

// A handler that is a function of `api`, which the row keeps alive.
template <class Api>
http::Handler late(const std::shared_ptr<const Api>& api,
                   base::Status (Api::*method)(http::Call&, std::shared_ptr<http::LateAnswer>)
                       const) {
  return http::LateHandler([api, method](http::Call& call, std::shared_ptr<http::LateAnswer> late) {
    return ((*api).*method)(call, std::move(late));
  });
}
template <class Api>
http::Handler worker(const std::shared_ptr<const Api>& api,
                     base::Result<http::Response> (Api::*method)(http::Call&) const) {
  return http::WorkerHandler([api, method](http::Call& call) { return ((*api).*method)(call); });
}

// GET: payments:read.
http::Route reading(std::string_view path, std::string_view summary, http::Handler handler,
                    const json::Shape* response);
// payments:write, an Idempotency-Key if one is sent.
http::Route changing(http::Method method, std::string_view path, std::string_view summary,
                     http::Handler handler, const json::Shape* request,
                     const json::Shape* response);
// POST that moves money: needs an Idempotency-Key.
http::Route moving(std::string_view path, std::string_view summary, http::Handler handler,
                   const json::Shape* request, const json::Shape* response);

void add_errors(http::Route& route, std::initializer_list<http::ErrorDoc> errors);
// A list whose cursors are ids.
void page(http::Route& route);

}  // namespace ashlar::payments::rows
