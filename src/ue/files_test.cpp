#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "tests/support/random.hpp"
#include "ue/file.hpp"
#include "ue/inbox.hpp"

namespace ue {
namespace {

/// A folder that goes when the test ends.
class Files : public testing::Test {
 protected:
  Files() {
    std::string name = testing::TempDir() + "/ue-files-XXXXXX";
    folder = ::mkdtemp(name.data());
  }
  ~Files() override { std::filesystem::remove_all(folder); }

  std::size_t count() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
  }
  static std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static std::string digest(std::string_view text) {
    crypto::Sha256 sha;
    sha.update(text);
    return sha.finish();
  }

  std::string folder;
  test::SeededRandom random;
};

TEST_F(Files, a_received_file_has_its_name_only_when_it_is_whole) {
  auto sink = FileSink::open(folder, "a.txt", random);
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->write(0, "hello"));
  EXPECT_FALSE(std::filesystem::exists(folder + "/a.txt"));
  EXPECT_EQ(*(*sink)->sha256(5), digest("hello"));
  EXPECT_EQ(*(*sink)->keep(), folder + "/a.txt");
  EXPECT_EQ(content(folder + "/a.txt"), "hello");
}

TEST_F(Files, nothing_is_left_of_a_file_that_never_became_whole) {
  {
    auto sink = FileSink::open(folder, "a.txt", random);
  }
  EXPECT_EQ(count(), 0U);
}

TEST_F(Files, nothing_is_overwritten) {
  for (const auto* name : {"a.txt", "a.txt (2)", "a.txt (3)"}) {
    auto sink = FileSink::open(folder, "a.txt", random);
    EXPECT_EQ(*(*sink)->keep(), folder + "/" + name);
  }
}

TEST_F(Files, octets_that_come_in_any_order_and_twice_are_hashed_as_they_lie) {
  auto sink = FileSink::open(folder, "a", random);
  ASSERT_TRUE((*sink)->write(3, "def"));
  ASSERT_TRUE((*sink)->write(0, "abX"));
  ASSERT_TRUE((*sink)->write(2, "c"));
  EXPECT_EQ(*(*sink)->sha256(6), digest("abcdef"));
}

TEST(SafeName, leads_nowhere_and_hides_nothing) {
  EXPECT_EQ(safe_file_name("../../etc/passwd"), "passwd");
  EXPECT_EQ(safe_file_name("C:\\temp\\a.txt"), "a.txt");
  EXPECT_EQ(safe_file_name("..."), "received");
  EXPECT_EQ(safe_file_name(".bashrc"), "bashrc");
  EXPECT_EQ(safe_file_name("a\n\x1b[31mb"), "a[31mb");
  EXPECT_EQ(safe_file_name("dir/"), "received");
  EXPECT_EQ(safe_file_name(std::string(1000, 'x')).size(), 200U);
}

TEST_F(Files, a_source_gives_its_octets_from_any_place_and_the_hash_of_all) {
  std::ofstream(folder + "/in") << "0123456789";
  auto source = FileSource::open(folder + "/in");
  ASSERT_TRUE(source);
  EXPECT_EQ((*source)->size(), 10U);
  std::string out(4, ' ');
  EXPECT_EQ((*source)->read(3, out), 4U);
  EXPECT_EQ(out, "3456");
  EXPECT_EQ(*(*source)->sha256(), digest("0123456789"));
  std::filesystem::resize_file(folder + "/in", 2);
  EXPECT_EQ((*source)->read(3, out), 0U);
}

TEST_F(Files, errors_name_the_file) {
  EXPECT_NE(FileSource::open(folder + "/none").error().why.find("/none: No such file"), std::string::npos);
  EXPECT_NE(FileSource::open(folder).error().why.find("no regular file"), std::string::npos);
  EXPECT_FALSE(FileSink::open(folder + "/none", "a", random));
}

class InboxTest : public Files {
 protected:
  static msrp::MessageStarted started(std::string type, std::optional<std::uint64_t> size) {
    msrp::MessageStarted out;
    out.id = {1};
    out.content_type = std::move(type);
    out.size = size;
    return out;
  }
};

TEST_F(InboxTest, short_text_stays_in_memory) {
  Inbox inbox({.folder = folder}, random);
  ASSERT_TRUE(inbox.on_started(started("text/plain", 5)));
  ASSERT_TRUE(inbox.on_content({{1}, 3, "lo"}));
  ASSERT_TRUE(inbox.on_content({{1}, 0, "hel"}));
  const auto message = inbox.on_received({{1}, 5});
  ASSERT_TRUE(message);
  EXPECT_EQ(message->text, "hello");
  EXPECT_EQ(message->sha256, digest("hello"));
  EXPECT_EQ(count(), 0U);
}

TEST_F(InboxTest, memory_is_never_given_beyond_its_limit) {
  Inbox inbox({.memory = 10}, random);
  EXPECT_EQ(inbox.on_started(started("text/plain", 11)).error().status, 413);
  ASSERT_TRUE(inbox.on_started(started("text/plain", {})));
  EXPECT_TRUE(inbox.on_content({{1}, 0, "0123456789"}));
  EXPECT_EQ(inbox.on_content({{1}, 10, "X"}).error().status, 413);
  EXPECT_EQ(inbox.on_content({{1}, std::uint64_t{1} << 60, "X"}).error().status, 413);
}

TEST_F(InboxTest, a_file_that_is_not_the_announced_one_is_refused_and_gone) {
  for (const bool wrong_size : {true, false}) {
    Inbox inbox({.folder = folder}, random);
    sdp::FileSelector selector;
    selector.name = "a.bin";
    selector.size = wrong_size ? 6 : 5;
    selector.hashes = {{"sha-256", digest("other")}};
    inbox.expect(selector);
    ASSERT_TRUE(inbox.on_started(started("application/octet-stream", 5)));
    ASSERT_TRUE(inbox.on_content({{1}, 0, "hello"}));
    const auto message = inbox.on_received({{1}, 5});
    ASSERT_FALSE(message);
    EXPECT_NE(message.error().why.find(wrong_size ? "octets" : "SHA-256"), std::string::npos);
  }
  EXPECT_EQ(count(), 0U);
}

TEST(Disposition, gives_the_file_name) {
  EXPECT_EQ(disposition_name("attachment; filename=\"a b.txt\"; size=3"), "a b.txt");
  EXPECT_EQ(disposition_name("attachment;filename=a.txt"), "a.txt");
  EXPECT_EQ(disposition_name("render"), "");
}

}  // namespace
}  // namespace ue
