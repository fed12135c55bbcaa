using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Tests.Delivery;

public sealed class PartReferenceTests
{
    [Fact]
    public void It_survives_the_platform_and_fits_into_the_shortest_field()
    {
        for (var ordinal = 0; ordinal <= 4_095; ordinal += 63)
        {
            var reference = new PartReference(Guid.CreateVersion7(), ordinal);
            var text = reference.ToString();

            text.Length.ShouldBeLessThanOrEqualTo(25, "Discord's nonce");
            text.ShouldMatch("^[A-Za-z0-9_-]+$");
            PartReference.TryParse(text, out var read).ShouldBeTrue();
            read.ShouldBe(reference);
        }
    }

    [Fact]
    public void A_part_has_the_same_reference_at_every_attempt()
    {
        var part = new OutboundPart(Guid.CreateVersion7(), 3, new ChatAddress("1"), "text", null, null, 0);

        (part with { Attempt = 4, Chat = new ChatAddress("2"), Text = "other" }).Reference.ShouldBe(part.Reference);
        (part with { Ordinal = 4 }).Reference.ShouldNotBe(part.Reference);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAg")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA00")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAB0")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA1000")]
    [InlineData("AAAAAAAAAA AAAAAAAAAA 0")]
    [InlineData("AAAAAAAAAAAA+/AAAAAAAA0")]
    public void What_is_not_ours_is_not_read(string? text) => PartReference.TryParse(text, out _).ShouldBeFalse();
}
