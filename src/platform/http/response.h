// Response: a whole answer of a handler. The session adds what every answer has (Date, request id,
// framing, connection, gzip, CORS); handlers set only what is their own.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/json/schema.h"
#include "platform/json/writer.h"

namespace ashlar::http {

struct Response {
  int status = 200;
  std::string content_type;                                  // empty: no Content-Type
  std::vector<std::pair<std::string, std::string>> headers;  // values are checked against CR/LF/NUL
  std::string body;

  Response& header(std::string name, std::string value) & {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  Response&& header(std::string name, std::string value) && {
    headers.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }
};

inline Response json_text(int status, std::string body) {
  return Response{status, "application/json", {}, std::move(body)};
}

template <class T>
Response json_response(int status, const json::Schema<T>& schema, const T& value) {
  std::string body;
  json::Writer writer(body);
  schema.write(writer, value);
  return json_text(status, std::move(body));
}

inline Response no_content() { return Response{204, {}, {}, {}}; }

}  // namespace ashlar::http
