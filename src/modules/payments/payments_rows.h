// What rows of the tables of payments have in common.
#pragma once

#include <initializer_list>
#include <string_view>

#include "platform/http/route.h"

namespace ashlar::json {
class Shape;
}

namespace ashlar::payments::rows {

extern const http::ErrorDoc kCurrency;
extern const http::ErrorDoc kNothing;
extern const http::ErrorDoc kProviderAway;
extern const http::ErrorDoc kBusy;

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
