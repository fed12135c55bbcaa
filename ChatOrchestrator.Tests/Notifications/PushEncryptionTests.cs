using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ChatOrchestrator.Infrastructure.Notifications;

namespace ChatOrchestrator.Tests.Notifications;

public sealed class PushEncryptionTests
{
    /// <summary>https://www.rfc-editor.org/rfc/rfc8291#section-5 and appendix A.</summary>
    [Fact]
    public void The_example_of_RFC_8291_comes_out_as_it_stands_there()
    {
        using var ours = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = Decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw") });

        var message = PushEncryption.Encrypt(
            "When I grow up, I want to be a watermelon"u8,
            Decode("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
            Decode("BTBZMqHH6r4Tts7J_aSIgg"),
            ours,
            Decode("DGv6ra1nlYgDCS1FRnbzlw"));

        Base64Url.EncodeToString(message).ShouldBe(
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN");
    }

    [Theory]
    [InlineData("")]
    [InlineData("BCVxsr7N")]
    [InlineData("BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE")]
    public void What_is_no_point_of_the_curve_is_refused(string key) => Should.Throw<CryptographicException>(() => PushEncryption.PublicKey(Decode(key)));

    [Fact]
    public void The_longest_message_fills_the_4096_bytes_that_a_push_service_takes()
    {
        using var theirs = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var key = PushEncryption.Uncompressed(theirs.ExportParameters(false).Q);

        PushEncryption.Encrypt(new byte[PushEncryption.MaxPlaintext], key, new byte[16]).Length.ShouldBe(4_096);
        Should.Throw<ArgumentException>(() => PushEncryption.Encrypt(new byte[PushEncryption.MaxPlaintext + 1], key, new byte[16]));
    }

    /// <summary>https://github.com/standard-webhooks/standard-webhooks, the example of its libraries.</summary>
    [Fact]
    public void A_webhook_is_signed_as_Standard_Webhooks_says()
    {
        var key = WebhookSignature.KeyOf("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")!;

        WebhookSignature.Sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, Encoding.UTF8.GetBytes("""{"test": 2432232314}"""))
            .ShouldBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    private static byte[] Decode(string text) => Base64Url.DecodeFromChars(text);
}
