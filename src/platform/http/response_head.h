// response_head: the head of an answer, written fast into the connection's output.
//
// No header can end early or add another: names must be tokens and values must hold no control
// character but HTAB, else the whole head is refused. So what a handler puts into a header, from a
// stored link for instance, cannot split the answer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ashlar::http {

struct ResponseHead {
  int status = 200;
  std::string_view date_header;      // "Date: …\r\n", preformatted by the event loop
  std::string_view request_id = {};  // empty: no X-Request-Id
  std::string_view content_type = {};
  std::size_t content_length = 0;  // not written where the status has no body (1xx, 204, 304)
  bool close = false;              // Connection: close
  bool keep_alive_1_0 = false;     // Connection: keep-alive, which HTTP/1.0 needs to be told
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// Appends status line, fields and the empty line. Error: kInternal bad_response_header, naming the
// field; `out` is then as it was, and the caller answers 500 instead.
base::Status append_response_head(std::string& out, const ResponseHead& head,
                                  const HeaderList& headers);

// Whether they may stand in a head.
bool is_header_name(std::string_view name);
bool is_header_value(std::string_view value);

}  // namespace ashlar::http
