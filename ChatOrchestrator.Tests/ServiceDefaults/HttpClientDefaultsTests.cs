using System.Net;
using ChatOrchestrator.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChatOrchestrator.Tests.ServiceDefaults;

public sealed class HttpClientDefaultsTests
{
    private static readonly Uri Target = new("http://127.0.0.1/");

    [Fact]
    public async Task A_safe_request_is_retried_and_a_post_is_not()
    {
        var server = new FailingHandler();
        using var host = Build(services => services.AddHttpClient("plain").ConfigurePrimaryHttpMessageHandler(() => server));
        using var client = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("plain");

        (await client.PostAsync(Target, null)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        server.Requests.ShouldBe(1);
        (await client.GetAsync(Target)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        server.Requests.ShouldBeGreaterThan(2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_hot_path_client_opts_out_whichever_registration_comes_first(bool clientFirst)
    {
        var server = new FailingHandler();
        void AddHotClient(IServiceCollection services) => services.AddHttpClient("hot")
            .ConfigurePrimaryHttpMessageHandler(() => server)
            .ConfigureAdditionalHttpMessageHandlers(static (handlers, _) => handlers.Clear());
        using var host = Build(AddHotClient, clientFirst);
        using var client = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("hot");

        (await client.GetAsync(Target)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        server.Requests.ShouldBe(1);
    }

    private static IHost Build(Action<IServiceCollection> addClients, bool clientsFirst = false)
    {
        var builder = Host.CreateApplicationBuilder();
        if (clientsFirst)
        {
            addClients(builder.Services);
        }

        builder.AddServiceDefaults();
        if (!clientsFirst)
        {
            addClients(builder.Services);
        }

        // The pipeline is the standard one; only its waits are cut short.
        builder.Services.ConfigureAll<Microsoft.Extensions.Http.Resilience.HttpStandardResilienceOptions>(
            options => options.Retry.Delay = TimeSpan.FromMilliseconds(1));
        return builder.Build();
    }

    private sealed class FailingHandler : HttpMessageHandler
    {
        public int Requests { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.ServiceUnavailable));
        }
    }
}
