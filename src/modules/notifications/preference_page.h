// PreferencePage: the hosted page of a reader's wishes: plain HTML, no script, and what its form
// sends. In the reader's language (page_texts.h). Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "modules/notifications/category.h"
#include "modules/notifications/channel_choices.h"
#include "modules/notifications/page_texts.h"
#include "platform/http/response.h"

namespace ashlar::notifications {

// The channels that a reader is asked about.
inline constexpr Channel kPageChannels[] = {Channel::kEmail, Channel::kSms, Channel::kPush,
                                            Channel::kInbox};

// What the page begins with, after a form.
enum class Said : std::uint8_t { kNothing, kSaved, kStopped };
// A user's: every category by every channel. `action`: where the form goes, relative.
http::Response wishes_page(const PageTexts& texts, const std::vector<Category>& categories,
                           const ChannelChoices& choices, std::string_view action, Said said);
// A bare address': end it, or take the end back. `category`: its title; empty: none.
http::Response address_page(const PageTexts& texts, std::string_view address,
                            std::string_view category, bool ended, std::string_view action);
http::Response notice_page(const PageTexts& texts, int status, std::string_view title,
                           std::string_view text);

// What the form says.
struct PageForm {
  std::string decision;             // "save", "none", "stop", "stop_all", "again"
  std::vector<std::string> shown;   // categories that the reader saw; "" for all of them
  std::vector<std::string> wanted;  // "<category>:<channel>"
};
PageForm page_form(std::string_view body);

// The wishes after "save" or "none": of those shown, what is ticked and what is not.
ChannelChoices after_form(const ChannelChoices& choices, const std::vector<Category>& categories,
                          const PageForm& form);

// Whether the body is a one-click's (RFC 8058, 3.2), in either encoding.
bool is_one_click(std::string_view body);

}  // namespace ashlar::notifications
