// PageTexts: what the hosted page of wishes says, in the languages that it knows.
//
// A row of the table is a language; who reads none of them reads English. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "modules/notifications/channel.h"

namespace ashlar::notifications {

// "%" stands for an address or a category's title, which the page puts in.
struct PageTexts {
  std::string_view language;  // "de": of <html lang>
  std::string_view title, what, mail, sms, push, app, other, always, everything, saved, save,
      stop_everything, stopped_everything;
  std::string_view unsubscribed, no_more, no_more_of, goes_to, again, stop, stop_all, ended_kind;
  std::string_view broken, invalid, expired, forgotten, unchanged, no_button;

  [[nodiscard]] std::string_view of(Channel channel) const;
};

// By the recipient's locale where it is known, else by what the browser asks for
// (Accept-Language); "de-AT" is German.
const PageTexts& page_texts(std::string_view locale, std::string_view accept_language);

// `text` with `value` in the place of its "%".
std::string filled_text(std::string_view text, std::string_view value);

}  // namespace ashlar::notifications
