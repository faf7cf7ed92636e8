// ListVerdict: what a list of unsafe pages says of where a link leads. Values.
#pragma once

#include <string>
#include <vector>

namespace ashlar::links::abuse {

struct ListMatch {
  std::string url;    // the canonical form's SHA-256, in hexadecimal
  std::string entry;  // of the list: its hash in hexadecimal, ':' and the threat
  std::string type;   // the threat; of a host that the operator denies "denied", its entry behind
                      // "denied:"

  friend bool operator==(const ListMatch&, const ListMatch&) = default;
};

// Of all URLs of a link; none: it is clean.
struct ListVerdict {
  std::vector<ListMatch> matches;
};

}  // namespace ashlar::links::abuse
