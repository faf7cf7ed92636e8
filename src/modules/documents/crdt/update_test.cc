#include "modules/documents/crdt/update.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/random.h"
#include "modules/documents/crdt/struct_codec.h"
#include "modules/documents/testing/crdt_goldens.h"

namespace ashlar::crdt {
namespace {

using testing::kGoldens;

std::string unhex(std::string_view digits) { return base::hex_decode(digits).value(); }
std::string hex(std::string_view bytes) { return base::hex_encode(bytes); }

base::Result<std::string> merged(const std::vector<std::string>& updates,
                                 Format format = Format::kV1) {
  const std::vector<std::string_view> views(updates.begin(), updates.end());
  return merge_updates(views, format);
}

TEST(UpdateTest, OfGoldens) {
  for (const auto& golden : kGoldens) {
    SCOPED_TRACE(golden.name);
    const std::string v1 = unhex(golden.v1);
    const std::string v2 = unhex(golden.v2);
    EXPECT_EQ(hex(to_v2(v1).value()), golden.v1_as_v2);
    EXPECT_EQ(hex(to_v1(v2).value()), golden.v2_as_v1);
    EXPECT_EQ(hex(merged({v1, v1}).value()), golden.v2_as_v1);
    EXPECT_EQ(hex(merged({v2, v2}, Format::kV2).value()), golden.v1_as_v2);
    EXPECT_EQ(hex(encode_state_vector(state_vector_of(v1).value())), golden.state);
    EXPECT_EQ(hex(encode_state_vector(state_vector_of(v2, Format::kV2).value())), golden.state);
    EXPECT_EQ(hex(encode_state_vector(decode_state_vector(unhex(golden.state)).value())),
              golden.state);
    const Snapshot snapshot = decode_snapshot(unhex(golden.snapshot)).value();
    EXPECT_EQ(hex(encode_snapshot(snapshot)), golden.snapshot);
    EXPECT_EQ(hex(encode_state_vector(snapshot.state)), golden.state);
    const StateVector nothing;
    EXPECT_EQ(hex(diff_update(v1, nothing).value()), golden.v2_as_v1);
    const UpdateMeta meta = describe_update(v1).value();
    EXPECT_EQ(hex(diff_update(v1, meta.to).value()).substr(0, 2), "00");
  }
}

// One client's units 0 to `units` of text, as an update of those in [from, to).
std::string piece(ClientId client, Clock from, Clock to) {
  UpdateWriter writer;
  writer.begin(client, from);
  WireStruct s;
  s.id = {client, from};
  s.ref = Ref::kString;
  s.length = to - from;
  s.has_origin = from > 0;
  if (from > 0) s.origin = {client, from - 1};
  s.parent = WireStruct::Parent::kRoot;
  s.root = "t";
  std::string text;
  for (Clock i = from; i < to; ++i) text += static_cast<char>('a' + i % 26);
  s.content = text;
  writer.write(s);
  return writer.finish();
}

// What an update has of each client, unit by unit: 0 for what is missing.
std::vector<std::pair<ClientId, std::string>> units_of(std::string_view update) {
  UpdateReader reader(update);
  std::vector<std::pair<ClientId, std::string>> out;
  WireStruct s;
  while (reader.next(s)) {
    if (out.empty() || out.back().first != s.id.client) {
      out.emplace_back(s.id.client, std::string(s.id.clock, '.'));
    }
    EXPECT_EQ(out.back().second.size(), s.id.clock);
    out.back().second += s.ref == Ref::kSkip ? std::string(s.length, '.') : std::string(s.content);
  }
  return out;
}

TEST(UpdateTest, AnyPiecesInAnyOrderMakeTheWhole) {
  base::Random random(99);
  for (int round = 0; round < 3'000; ++round) {
    std::vector<std::string> pieces;
    std::vector<std::pair<ClientId, std::string>> wanted;
    for (ClientId client = 1 + random.below(4); client > 0; --client) {
      std::string units;
      for (std::uint64_t n = random.below(8); n > 0; --n) {
        const Clock from = random.below(40);
        const Clock to = from + 1 + random.below(20);
        pieces.push_back(piece(client, from, to));
        if (units.size() < to) units.resize(to, '.');
        for (Clock i = from; i < to; ++i) units[i] = static_cast<char>('a' + i % 26);
      }
      if (!units.empty()) wanted.emplace_back(client, units);
    }
    for (std::size_t i = pieces.size(); i > 1; --i) {
      std::swap(pieces[i - 1], pieces[random.below(i)]);
    }
    const std::string whole = merged(pieces).value();
    ASSERT_EQ(units_of(whole), wanted) << round;
    ASSERT_EQ(hex(merged({whole, whole}).value()), hex(whole));
    ASSERT_EQ(to_v1(to_v2(whole).value()).value(), whole);
    StateVector state;
    for (const auto& [client, units] : wanted) {
      if (const std::size_t gap = std::min(units.find('.'), units.size()); gap > 0) {
        state[client] = gap;
      }
    }
    ASSERT_EQ(state_vector_of(whole).value(), state);
    const StateVector have{{1, random.below(60)}, {2, random.below(60)}};
    auto rest = wanted;
    for (auto& [client, units] : rest) {
      const auto known = have.find(client);
      if (known == have.end()) continue;
      for (std::size_t i = 0; i < std::min<std::size_t>(known->second, units.size()); ++i) {
        units[i] = '.';
      }
    }
    std::erase_if(rest, [](const auto& entry) {
      return entry.second.find_first_not_of('.') == std::string::npos;
    });
    ASSERT_EQ(units_of(diff_update(whole, have).value()), rest) << round;
  }
}

TEST(UpdateTest, ThousandsOfSmallUpdatesAreMergedAtOnce) {
  std::vector<std::string> pieces;
  for (Clock i = 0; i < 100'000; ++i) pieces.push_back(piece(1, i, i + 1));
  std::ranges::reverse(pieces);
  const UpdateMeta meta = describe_update(merged(pieces).value()).value();
  EXPECT_EQ(meta.structs, 100'000U);
  EXPECT_EQ(meta.to, (StateVector{{1, 100'000}}));
}

TEST(UpdateTest, ClientsInTheWrongOrderAreSorted) {
  // Clients 1, 2, 1: nobody writes this; nothing of it is lost.
  const std::string one = piece(1, 0, 2);
  const std::string two = piece(2, 0, 3);
  const std::string more = piece(1, 2, 4);
  const auto group = [](const std::string& update) { return update.substr(1, update.size() - 2); };
  const std::string odd = '\3' + group(one) + group(two) + group(more) + '\0';
  EXPECT_EQ(hex(merged({odd, odd}).value()), hex(merged({one, two, more}).value()));
  EXPECT_EQ(hex(merged({odd}).value()), hex(odd));
  EXPECT_EQ(hex(merged({piece(3, 0, 1), odd}).value()),
            hex(merged({one, two, more, piece(3, 0, 1)}).value()));
}

TEST(UpdateTest, WhatWasCollectedIsJoinedWhereUpdatesMeet) {
  const auto collected = [](Clock from, std::vector<Clock> lengths) {
    UpdateWriter writer;
    writer.begin(1, from);
    for (const Clock length : lengths) {
      WireStruct s;
      s.length = length;
      writer.write(s);
    }
    return writer.finish();
  };
  EXPECT_EQ(hex(merged({collected(4, {3, 2}), collected(0, {2, 2})}).value()),
            hex(collected(0, {2, 5, 2})));
  EXPECT_EQ(hex(merged({collected(0, {4}), collected(2, {4}), collected(0, {7})}).value()),
            hex(collected(0, {7})));
}

TEST(UpdateTest, DeleteSetsAreJoined) {
  const auto deletes = [](const DeleteSet& set) {
    UpdateWriter writer;
    writer.deletes(set);
    return writer.finish();
  };
  const std::string both = merged({deletes({{1, {{5, 2}}}, {7, {{1, 1}}}}),
                                   deletes({{1, {{0, 1}, {7, 3}}}}), deletes({{1, {{6, 1}}}})})
                               .value();
  EXPECT_EQ(hex(both), hex(deletes({{7, {{1, 1}}}, {1, {{0, 1}, {5, 5}}}})));
  EXPECT_EQ(decode_delete_set(both.substr(1)).value(),
            (DeleteSet{{7, {{1, 1}}}, {1, {{0, 1}, {5, 5}}}}));
  const DeleteSet empty;
  EXPECT_EQ(merged({}).value(), deletes(empty));
}

TEST(UpdateTest, OneWrongUpdateAmongManyIsSaid) {
  const auto wrong = merged({piece(1, 0, 3), piece(1, 3, 6).substr(0, 7), piece(2, 0, 1)});
  ASSERT_FALSE(wrong.ok());
  EXPECT_STREQ(wrong.error().reason, "update_malformed");
  EXPECT_FALSE(decode_state_vector(unhex("0301")).ok());
  EXPECT_FALSE(decode_state_vector(unhex("010101ff")).ok());
  EXPECT_FALSE(decode_delete_set(unhex("0101ffffffff0f")).ok());
  EXPECT_FALSE(decode_snapshot(unhex("00")).ok());
}

}  // namespace
}  // namespace ashlar::crdt
