#include "app/decode.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

#include "app/capture.hpp"
#include "app/cli.hpp"
#include "app/decode_input.hpp"

namespace app {
namespace {

const std::string audit =
    "MEGACO/2 [192.0.2.1]:2944\nTransaction = 1 { Context = - { AuditValue = ROOT { Audit { } } } }";
const std::string ack = "!/2 [192.0.2.1]:2944\nK{102}";

std::string be(std::uint64_t value, std::size_t width) {
  std::string out;
  while (width-- > 0) out.push_back(static_cast<char>(value >> 8 * width));
  return out;
}
std::string le(std::uint32_t value) {
  const auto out = be(value, 4);
  return {out.rbegin(), out.rend()};
}

std::string udp(std::string_view payload, std::uint32_t from = 2944, std::uint32_t to = 2944) {
  return be(from, 2) + be(to, 2) + be(static_cast<std::uint32_t>(payload.size()) + 8, 2) + be(0, 2) +
         std::string(payload);
}
std::string tcp(std::string_view payload, std::uint32_t sequence, bool syn = false) {
  return be(40'000, 2) + be(2944, 2) + be(sequence, 4) + be(0, 4) + "\x50" + (syn ? "\x02" : "\x10") +
         be(0, 2) + be(0, 4) + std::string(payload);
}
std::string tpkt(std::string_view message) {
  return be(0x0300, 2) + be(static_cast<std::uint32_t>(message.size()) + 4, 2) + std::string(message);
}
std::string ipv4(const std::string& payload, std::uint32_t protocol, std::uint32_t fragment = 0) {
  return be(0x4500, 2) + be(static_cast<std::uint32_t>(payload.size()) + 20, 2) + be(0, 2) + be(fragment, 2) +
         be(64, 1) + be(protocol, 1) + be(0, 2) + be(0xC000'0201, 4) + be(0xC000'0202, 4) + payload;
}
/// With a hop-by-hop options header.
std::string ipv6(const std::string& payload, std::uint32_t protocol) {
  const auto options = be(protocol, 1) + be(0, 7) + payload;
  return be(0x6000'0000, 4) + be(static_cast<std::uint32_t>(options.size()), 2) + be(0, 1) + be(64, 1) +
         be(0x2001'0DB8, 4) + be(0, 8) + be(1, 4) + be(0x2001'0DB8, 4) + be(0, 8) + be(2, 4) + options;
}
std::string ethernet(const std::string& ip, std::uint32_t type = 0x0800) {
  return std::string(12, '\0') + be(type, 2) + ip;
}

/// A pcap file of big-endian order.
std::string pcap(const std::vector<std::string>& frames, std::uint32_t link_type = 1) {
  auto out = be(0xA1B2'C3D4, 4) + be(0x0002'0004, 4) + be(0, 8) + be(65'535, 4) + be(link_type, 4);
  for (const auto& frame : frames) {
    const auto size = static_cast<std::uint32_t>(frame.size());
    out += be(86'400, 4) + be(250'000, 4) + be(size, 4) + be(size, 4) + frame;
  }
  return out;
}
std::string block(std::uint32_t type, std::string body) {
  body.resize((body.size() + 3) / 4 * 4);
  const auto size = le(static_cast<std::uint32_t>(body.size()) + 12);
  return le(type) + size + body + size;
}
/// A pcapng file of little-endian order whose interface counts milliseconds.
std::string pcapng(const std::string& frame, std::uint32_t upper_ticks = 0) {
  const auto size = le(static_cast<std::uint32_t>(frame.size()));
  return block(0x0A0D'0D0A, le(0x1A2B'3C4D) + le(1) + le(0xFFFF'FFFF) + le(0xFFFF'FFFF)) +
         block(1, le(1) + le(0) + std::string("\x09\0\x01\0\x03\0\0\0", 8)) +
         block(6, le(0) + le(upper_ticks) + le(86'400'250) + size + size + frame) + block(3, size + frame);
}

class Decode : public testing::Test {
 protected:
  int run(std::vector<std::string> arguments, std::string_view input) {
    std::FILE* in = std::tmpfile();
    EXPECT_EQ(std::fwrite(input.data(), 1, input.size(), in), input.size());
    std::rewind(in);
    char* text = nullptr;
    char* error = nullptr;
    std::size_t size = 0;
    std::size_t error_size = 0;
    std::FILE* out = open_memstream(&text, &size);
    std::FILE* err = open_memstream(&error, &error_size);
    arguments.insert(arguments.begin(), "h248");
    const int code = decode(arguments, in, out, err);
    for (auto* file : {in, out, err}) std::fclose(file);
    out_.assign(text, size);
    err_.assign(error, error_size);
    std::free(text);
    std::free(error);
    return code;
  }
  std::size_t messages() const {
    std::size_t count = 0;
    for (auto at = out_.find("MEGACO/"); at != out_.npos; at = out_.find("MEGACO/", at + 1)) ++count;
    return count;
  }
  std::string out_, err_;
};

TEST_F(Decode, APlainTextIsPrettyAndReadsBack) {
  EXPECT_EQ(run({"-", "--plain"}, "!/2 [192.0.2.1]:2944 T=1{C=-{AV=ROOT{AT{}}}}"), exit_good);
  const auto pretty = out_;
  EXPECT_EQ(pretty,
            "MEGACO/2 [192.0.2.1]:2944\nTransaction = 1 {\n  Context = - {\n    AuditValue = ROOT {\n"
            "      Audit { }\n    }\n  }\n}\n");
  EXPECT_EQ(run({"-"}, pretty), exit_good);
  EXPECT_NE(out_.find("Context = - {  ; the null context"), std::string::npos) << out_;
  const auto explained = out_;
  EXPECT_EQ(run({"--plain", "-"}, explained), exit_good);
  EXPECT_EQ(out_, pretty);
  EXPECT_EQ(run({"--compact", "-"}, explained), exit_good);
  EXPECT_EQ(out_, "!/2 [192.0.2.1]:2944\nT=1{C=-{AV=ROOT{AT{}}}}\n");
}

TEST_F(Decode, MessagesMayStandBehindEachOtherInAnyWay) {
  for (const auto& text :
       {audit + "\n" + ack, audit + "\n\n; two\n\n" + ack + "\n", audit + ack, audit + " " + ack,
        "\n; one\n" + audit + "\r\n  AU=0x12345678:0x12345678:0x123456789012345678901234\n" + ack,
        audit + "\nAuthentication = 0x12345678:0x12345678:0x123456789012345678901234 " + ack}) {
    EXPECT_EQ(run({"--plain", "-"}, text), exit_good) << text << err_;
    EXPECT_EQ(messages(), 2U) << text << "\n--\n" << out_;
  }
}

TEST_F(Decode, AnErrorSaysWhereInTheFileAndTheOthersAreShown) {
  EXPECT_EQ(run({"--plain", "-"}, ack + "\n\nMEGACO/2 [192.0.2.1]\nFoo = 1\n" + audit), exit_failed);
  EXPECT_EQ(messages(), 2U) << out_;
  EXPECT_EQ(err_, "postern decode: standard input: line 5, octet 1: expected a transaction\n");
  EXPECT_EQ(run({"-"}, ack + "!/2 [192.0.2.1] X"), exit_failed);
  EXPECT_EQ(err_, "postern decode: standard input: line 2, octet 23: expected a transaction\n");
  EXPECT_EQ(run({"-"}, ""), exit_failed);
  EXPECT_EQ(err_, "postern decode: standard input: there is no H.248 message in it\n");
  EXPECT_EQ(run({"-"}, "hello"), exit_failed);
  EXPECT_NE(err_.find("line 1, octet 1: "), std::string::npos) << err_;
}

TEST_F(Decode, ACaptureTellsWhenAndFromWhereToWhere) {
  EXPECT_EQ(run({"-"}, pcap({"junk", ethernet(ipv4(udp(audit), 17))})), exit_good) << err_;
  EXPECT_TRUE(
      out_.starts_with("; 2  1970-01-02T00:00:00.250Z  udp 192.0.2.1:2944 to 192.0.2.2:2944\nMEGACO/2"))
      << out_;
  EXPECT_EQ(run({"-"}, out_), exit_good);  // and its output is a text like others
  EXPECT_EQ(messages(), 1U);
  EXPECT_EQ(run({"-"}, pcapng(ethernet(ipv4(udp(audit), 17)))), exit_good) << err_;
  EXPECT_TRUE(out_.starts_with("; 1  1970-01-02T00:00:00.250Z  udp")) << out_;
  EXPECT_EQ(messages(), 2U);
}

TEST_F(Decode, ATimeThatCannotBeIsNone) {
  EXPECT_EQ(run({"-"}, pcapng(ethernet(ipv4(udp(audit), 17)), 0xFFFF'FFFF)), exit_good) << err_;
  EXPECT_TRUE(out_.starts_with("; 1  1970-01-01T00:00:00.")) << out_;
}

TEST_F(Decode, EveryKindOfFrameIsLookedInto) {
  const auto packet = ipv4(udp(audit), 17);
  const auto tag = be(7, 2);
  for (const auto& [type, frame] : std::vector<std::pair<std::uint32_t, std::string>>{
           {1, ethernet(packet)},
           {1, ethernet(tag + be(0x0800, 2) + packet, 0x8100)},
           {1, ethernet(tag + be(0x8100, 2) + tag + be(0x0800, 2) + packet, 0x88A8)},
           {1, ethernet(ipv6(udp(audit), 17), 0x86DD)},
           {101, packet},
           {113, std::string(14, '\0') + be(0x0800, 2) + packet},
           {276, be(0x0800, 2) + std::string(18, '\0') + packet},
           {0, le(2) + packet}}) {
    EXPECT_EQ(run({"-"}, pcap({frame}, type)), exit_good) << type << err_;
    EXPECT_EQ(messages(), 1U) << type;
  }
  // A fragment is none, and on other ports only what begins like a message.
  EXPECT_EQ(run({"-"}, pcap({ethernet(ipv4(udp(audit), 17, 0x2000))})), exit_failed);
  EXPECT_EQ(run({"-"}, pcap({ethernet(ipv4(udp(audit, 5000, 5001), 17))})), exit_good);
  EXPECT_EQ(run({"-"}, pcap({ethernet(ipv4(udp("hello", 5000, 5001), 17))})), exit_failed);
  EXPECT_NE(err_.find("no H.248 message"), std::string::npos);
  EXPECT_EQ(run({"-"}, pcap({ethernet(ipv4(udp("hello"), 17))})), exit_failed);
  EXPECT_NE(err_.find("packet 1: line 1, octet 1: "), std::string::npos) << err_;
  EXPECT_EQ(run({"-"}, pcap({ethernet(ipv4(udp("0z", 2945, 2945), 17))})), exit_failed);
  EXPECT_NE(err_.find("binary encoding"), std::string::npos) << err_;
}

TEST_F(Decode, ATcpStreamIsPutInOrder) {
  const auto stream = tpkt(audit) + tpkt(ack) + tpkt(audit);
  const auto segment = [](std::string_view octets, std::uint32_t at) {
    return ethernet(ipv4(tcp(octets, at), 6));
  };
  const std::uint32_t first = 0xFFFF'FFF0;  // the numbers wrap
  const auto syn = ethernet(ipv4(tcp("", first - 1, true), 6));
  for (std::uint32_t cut = 1; cut < stream.size(); cut += 7) {
    const auto head = stream.substr(0, cut);
    const auto tail = stream.substr(cut);
    EXPECT_EQ(run({"-"}, pcap({syn, segment(tail, first + cut), segment(head, first), segment(head, first),
                               segment(stream, first)})),
              exit_good)
        << cut << err_;
    EXPECT_EQ(messages(), 3U) << cut;
  }
  EXPECT_EQ(run({"-"}, pcap({syn, segment(tpkt(ack), first), segment(tpkt(audit), first + 100)})),
            exit_failed);
  EXPECT_EQ(messages(), 1U);
  EXPECT_NE(err_.find("a part of the TCP stream is not in the capture"), std::string::npos) << err_;
  EXPECT_EQ(run({"-"}, pcap({segment("MEGACO/2", 5)})), exit_failed);
  EXPECT_NE(err_.find("no TPKT"), std::string::npos) << err_;
}

TEST_F(Decode, AFileThatWasCutAnywhereDoesNoHarm) {
  for (const auto& whole :
       {pcapng(ethernet(ipv4(udp(audit), 17))),
        pcap({ethernet(ipv6(tcp(tpkt(audit), 1), 6), 0x86DD), ethernet(ipv4(udp(ack), 17))})}) {
    for (std::size_t size = 4; size < whole.size(); ++size) {
      find_messages(std::string_view(whole).substr(0, size));
      auto spoiled = whole;
      spoiled[size] = static_cast<char>(0xFF);
      find_messages(spoiled);
    }
  }
  EXPECT_EQ(find_messages(block(0x0A0D'0D0A, le(7) + le(0) + le(0) + le(0))).complaints,
            std::vector<std::string>{"a pcapng section has no byte order"});
}

TEST_F(Decode, BadUsageAndMissingFilesAreOneLine) {
  EXPECT_EQ(run({}, ""), exit_usage);
  EXPECT_EQ(run({"--surprise", "-"}, ""), exit_usage);
  EXPECT_NE(err_.find("postern decode --help"), std::string::npos);
  EXPECT_EQ(run({"/nonexistent"}, ""), exit_failed);
  EXPECT_EQ(err_, "postern decode: /nonexistent: cannot be opened: No such file or directory\n");
  EXPECT_EQ(run({"--help"}, ""), exit_good);
  EXPECT_NE(out_.find("--compact"), std::string::npos);
}

}  // namespace
}  // namespace app
