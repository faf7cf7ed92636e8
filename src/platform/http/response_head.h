// append_response_head: the head of an answer, written straight into the connection's output.
//
// Header injection ends here: a name or value with CR, LF or NUL in it is left out (and CHECKed in
// tests through is_safe_header). What a handler makes of input must have been validated before; this
// is the last line, not the first.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ashlar::http {

struct ResponseHead {
  int status;
  std::string_view date_header;  // whole line with CRLF, as EventLoop keeps it
  std::string_view request_id;
  std::string_view content_type;  // empty: none
  std::size_t content_length;
  bool close;           // adds Connection: close
  bool keep_alive_1_0;  // adds Connection: keep-alive, which HTTP/1.0 clients need
};

bool is_safe_header(std::string_view name, std::string_view value);

// No Content-Length for 1xx, 204 and 304, which have no body by definition.
void append_response_head(std::string& out, const ResponseHead& head,
                          const std::vector<std::pair<std::string, std::string>>& headers);

}  // namespace ashlar::http
