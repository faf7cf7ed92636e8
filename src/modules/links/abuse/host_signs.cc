#include "modules/links/abuse/host_signs.h"

#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "platform/outbound/host_text.h"

namespace ashlar::links::abuse {
namespace {

constexpr std::int32_t kMaxText = 1024;  // a host of 253 bytes in any form

struct Closed {
  void operator()(USpoofChecker* checker) const { uspoof_close(checker); }
  void operator()(UIDNA* names) const { uidna_close(names); }
};

// æ and œ are Latin as a and e are, though they look like two of them.
bool has_latin(std::string_view text) {
  std::int32_t at = 0;
  const auto length = static_cast<std::int32_t>(text.size());
  while (at < length) {
    UChar32 letter = 0;
    U8_NEXT(text.data(), at, length, letter);
    UErrorCode error = U_ZERO_ERROR;
    if (letter >= 0 && uscript_getScript(letter, &error) == USCRIPT_LATIN) return true;
  }
  return false;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// "label.label", without the port, the dots at the ends and what is no name.
bool is_name(std::string_view host) {
  if (host.find('.') == std::string_view::npos || host.starts_with('[')) return false;
  return !outbound::is_number_label(outbound::split_labels(host).back());
}

// The last `count` labels. nullopt: there are not so many.
std::optional<std::string_view> tail_of(std::string_view host, std::size_t count) {
  std::size_t at = host.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (at == 0) return std::nullopt;
    at = host.rfind('.', at - 1);
    if (at == std::string_view::npos) {
      return i + 1 == count ? std::optional(host) : std::nullopt;
    }
  }
  return host.substr(at + 1);
}

std::size_t labels_in(std::string_view host) {
  return static_cast<std::size_t>(std::ranges::count(host, '.')) + 1;
}

bool is_below(std::string_view host, std::string_view name) {
  return host == name || (host.size() > name.size() && host.ends_with(name) &&
                          host[host.size() - name.size() - 1] == '.');
}

// As whole labels, not at the end.
bool stands_inside(std::string_view host, std::string_view name) {
  const std::string needle = std::string(name) + '.';
  for (std::size_t at = host.find(needle); at != std::string_view::npos;
       at = host.find(needle, at + 1)) {
    if (at == 0 || host[at - 1] == '.') return true;
  }
  return false;
}

}  // namespace

struct HostSigns::Impl {
  struct Name {
    std::string host;
    std::string skeleton;
    std::size_t labels;
  };

  Impl() {
    UErrorCode error = U_ZERO_ERROR;
    checker.reset(uspoof_open(&error));
    names.reset(uidna_openUTS46(UIDNA_DEFAULT, &error));
    CHECK(U_SUCCESS(error) != 0);
    uspoof_setRestrictionLevel(checker.get(), USPOOF_HIGHLY_RESTRICTIVE);
    uspoof_setChecks(checker.get(), USPOOF_RESTRICTION_LEVEL, &error);
    CHECK(U_SUCCESS(error) != 0);
  }

  // xn--… undone; as it is where that cannot be.
  [[nodiscard]] std::string unicode(std::string_view host) const {
    std::array<char, kMaxText> out{};
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode error = U_ZERO_ERROR;
    const std::int32_t length =
        uidna_nameToUnicodeUTF8(names.get(), host.data(), static_cast<std::int32_t>(host.size()),
                                out.data(), kMaxText, &info, &error);
    if (U_FAILURE(error) != 0 || length > kMaxText) return std::string(host);
    return {out.data(), static_cast<std::size_t>(length)};
  }

  [[nodiscard]] std::string skeleton(std::string_view text) const {
    std::array<char, kMaxText> out{};
    UErrorCode error = U_ZERO_ERROR;
    const std::int32_t length = uspoof_getSkeletonUTF8(checker.get(), 0, text.data(),
                                                       static_cast<std::int32_t>(text.size()),
                                                       out.data(), kMaxText, &error);
    if (U_FAILURE(error) != 0 || length > kMaxText) return std::string(text);
    // The skeleton of 0 is O; a host's letters are small.
    return base::ascii_lower(std::string_view(out.data(), static_cast<std::size_t>(length)));
  }

  [[nodiscard]] bool mixes_scripts(std::string_view label) const {
    UErrorCode error = U_ZERO_ERROR;
    const std::int32_t failed = uspoof_check2UTF8(
        checker.get(), label.data(), static_cast<std::int32_t>(label.size()), nullptr, &error);
    return U_SUCCESS(error) != 0 && failed != 0;
  }

  // Of another script, and to the eye all Latin.
  [[nodiscard]] bool passes_for_latin(std::string_view label) const {
    return !is_ascii(label) && !has_latin(label) && is_ascii(skeleton(label));
  }

  [[nodiscard]] Name name(std::string_view host) const {
    return {std::string(host), skeleton(unicode(host)), labels_in(host)};
  }

  std::unique_ptr<USpoofChecker, Closed> checker;
  std::unique_ptr<UIDNA, Closed> names;
  std::vector<Name> known;
};

std::string_view name_of(HostSign sign) {
  switch (sign) {
    case HostSign::kLookAlike:
      return "look_alike";
    case HostSign::kMixedScripts:
      return "mixed_scripts";
    case HostSign::kNameInside:
      return "name_inside";
  }
  __builtin_unreachable();
}

HostSigns::HostSigns(const std::vector<std::string>& protected_hosts) {
  auto impl = std::make_unique<Impl>();
  for (const std::string& host : protected_hosts) {
    if (is_name(host)) impl->known.push_back(impl->name(host));
  }
  impl_ = std::move(impl);
}

HostSigns::~HostSigns() = default;

std::vector<HostSign> HostSigns::of(std::string_view host,
                                    std::span<const std::string> more) const {
  std::vector<HostSign> signs;
  if (!is_name(host)) return signs;
  std::vector<Impl::Name> own;
  for (const std::string& name : more) {
    if (is_name(name)) own.push_back(impl_->name(name));
  }
  bool looks_alike = false;
  bool inside = false;
  for (const std::vector<Impl::Name>* list : {&impl_->known, &std::as_const(own)}) {
    if (std::ranges::any_of(*list, [&](const auto& name) { return is_below(host, name.host); })) {
      // Its own may hold others' names: that is its owner's affair.
      looks_alike = inside = false;
      break;
    }
    for (const Impl::Name& name : *list) {
      inside = inside || stands_inside(host, name.host);
      const auto tail = tail_of(host, name.labels);
      looks_alike =
          looks_alike || (tail && impl_->skeleton(impl_->unicode(*tail)) == name.skeleton);
    }
  }
  if (looks_alike) signs.push_back(HostSign::kLookAlike);
  if (host.find("xn--") != std::string_view::npos) {
    const std::string readable = impl_->unicode(host);
    const std::vector<std::string_view> labels = outbound::split_labels(readable);
    // Of a name whose top is of that script (.рф) such labels are what they should be.
    const bool foreign_top = !is_ascii(labels.back());
    const bool mixed = std::ranges::any_of(labels, [&](std::string_view label) {
      return impl_->mixes_scripts(label) || (!foreign_top && impl_->passes_for_latin(label));
    });
    if (mixed) signs.push_back(HostSign::kMixedScripts);
  }
  if (inside) signs.push_back(HostSign::kNameInside);
  return signs;
}

}  // namespace ashlar::links::abuse
