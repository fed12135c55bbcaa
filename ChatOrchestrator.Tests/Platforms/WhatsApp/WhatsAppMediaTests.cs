using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Tests.Platforms.Meta;

namespace ChatOrchestrator.Tests.Platforms.WhatsApp;

/// <summary>Media are fetched in two steps: the id is asked for an address, which wants the token too.</summary>
public sealed class WhatsAppMediaTests : IAsyncLifetime
{
    private GraphStub _stub = null!;

    public async Task InitializeAsync() => _stub = await GraphStub.StartAsync();

    public async Task DisposeAsync() => await _stub.DisposeAsync();

    [Fact]
    public async Task A_picture_is_fetched_by_its_id()
    {
        Serve(size: 3);
        var media = await FetchAsync(10);
        media.Bytes.ToArray().ShouldBe([1, 2, 3]);
        media.MimeType.ShouldBe("image/png");
        _stub.Calls.Select(c => c.Path).ShouldBe([$"/v25.0/1003383421387256?phone_number_id={WhatsAppFixture.PhoneNumberId}", "/media/1"]);
        _stub.Calls.ShouldAllBe(c => c.Authorization == "Bearer " + WhatsAppFixture.Token);
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData((5 << 20) + 1, 100 << 20)]
    public async Task What_is_too_large_is_not_downloaded(long size, int maxBytes)
    {
        Serve(size);
        (await Should.ThrowAsync<MediaException>(() => FetchAsync(maxBytes))).Message.ShouldBe("too_large");
        _stub.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_size_that_was_not_true_is_found_out()
    {
        Serve(size: 1);
        (await Should.ThrowAsync<MediaException>(() => FetchAsync(2))).Message.ShouldBe("too_large");
    }

    [Theory]
    [InlineData(404, 100, "gone", false)]
    [InlineData(400, 100, "gone", false)]
    [InlineData(401, 190, "refused", false)]
    [InlineData(503, 2, "unreachable", true)]
    [InlineData(429, 4, "unreachable", true)]
    public async Task A_refusal_has_a_word(int status, int code, string reason, bool temporary)
    {
        _stub.Reply = _ => GraphStub.Error(status, code);
        var refusal = await Should.ThrowAsync<MediaException>(() => FetchAsync(10));
        (refusal.Message, refusal.Temporary).ShouldBe((reason, temporary));
    }

    [Fact]
    public async Task The_token_goes_nowhere_else_in_the_clear()
    {
        _stub.Reply = _ => new(200, """{"url":"http://127.0.0.1:1/media","mime_type":"image/png","file_size":3}""");
        (await Should.ThrowAsync<MediaException>(() => FetchAsync(10))).Message.ShouldBe("refused");
    }

    private void Serve(long size) => _stub.Reply = call => call.Path.StartsWith("/media", StringComparison.Ordinal)
        ? new(200, "", Bytes: [1, 2, 3])
        : new(200, $$"""{"messaging_product":"whatsapp","url":"{{_stub.Url}}/media/1","mime_type":"image/png","sha256":"x","file_size":"{{size}}","id":"1003383421387256"}""");

    private Task<Media> FetchAsync(int maxBytes) => WhatsAppFixture.Adapter(_stub.Url).FetchAsync(
        WhatsAppFixture.Connection(), new Attachment { Kind = AttachmentKind.Image, Id = "1003383421387256" }, maxBytes, CancellationToken.None);
}
