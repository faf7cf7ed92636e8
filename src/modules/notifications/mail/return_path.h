// ReturnPath: the address to which one message's bounces go, so that a bounce tells by its
// recipient alone what it is about (variable envelope return path).
//
//   id "01JDq" ──verp_address──> b+01=j=dq@bounces.example ──verp_id──> "01JDq"
//
// Upper case is written as = and the lower one: some servers change the case of what stands before
// the @. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ashlar::notifications {

// nullopt: the id is too long for an address (more than 62 bytes as written). REQUIRES: `id` of
// [A-Za-z0-9_-], a domain by is_mail_domain().
std::optional<std::string> verp_address(std::string_view id, std::string_view domain);

// nullopt: not one of ours. `domain`: in any case.
std::optional<std::string> verp_id(std::string_view address, std::string_view domain);

}  // namespace ashlar::notifications
