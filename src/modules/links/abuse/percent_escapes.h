// percent_escapes: %XX undone where it may stand for anything, as those who follow URLs undo it:
// what is no escape stays as it is. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ashlar::links::abuse {

// One round over the text; true where an escape was undone.
bool undo_escapes_once(std::string& text);

// As many rounds as there is something to undo, in one pass: an escape that comes into being where
// another is undone is undone too. Stops once there are `enough` bytes.
std::string undo_escapes(std::string_view text, std::size_t enough = std::string_view::npos);

}  // namespace ashlar::links::abuse
