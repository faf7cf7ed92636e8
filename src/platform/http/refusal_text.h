// RefusalText: the answer 503 overloaded, ready but for what differs from one to the next. An
// overloaded server sends more of these than of anything else: no JSON writer, no allocation once
// `out` is large enough.
//
// Retry-After is drawn anew for each, 1 to kLongestRetryAfterS seconds and never less than what
// the load needs, so that those who are refused together do not come back together.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "platform/http/error_face.h"
#include "platform/http/response_head.h"

namespace ashlar::http {

class RefusalText {
 public:
  static constexpr int kLongestRetryAfterS = 3;

  explicit RefusalText(const ErrorFace& errors = problem_face());

  // Appends a whole answer. `head` gives date, request id and what becomes of the connection; the
  // rest of it is not looked at. REQUIRES: the request id and `more` may stand in a header field.
  void append(std::string& out, const ResponseHead& head, const HeaderList& more, bool head_only,
              base::Random& random) const;

 private:
  std::string type_;  // Content-Type and what follows it, up to the length
  bool names_request_ = false;
  std::string body_begin_;  // up to the request id's value; the whole, where it is not in it
  std::string body_end_;
  std::vector<std::string> id_fields_;  // further fields that name it, where the face has such
};

}  // namespace ashlar::http
